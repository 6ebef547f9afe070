-- readable from: 0024_uploads
CREATE TABLE `journal_kept_mqtt` (
	`id` integer PRIMARY KEY NOT NULL,
	`n` integer NOT NULL,
	`readings` integer NOT NULL,
	`bytes` integer NOT NULL,
	`t_ms` integer NOT NULL,
	`b` blob NOT NULL
);

