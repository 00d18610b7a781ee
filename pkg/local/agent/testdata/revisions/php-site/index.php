<?php require __DIR__ . "/src/page.php";
