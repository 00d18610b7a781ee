<?php define("DB_NAME", "wp");
