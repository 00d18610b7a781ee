Start-Website -Name "Default Web Site"
