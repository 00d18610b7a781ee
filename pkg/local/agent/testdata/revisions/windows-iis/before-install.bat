powershell.exe -Command Install-WindowsFeature Web-Server
