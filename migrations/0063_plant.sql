CREATE TABLE `plant` (
	`one` integer PRIMARY KEY NOT NULL,
	`uid` text NOT NULL,
	`since_ms` integer NOT NULL,
	`backup_sequence` integer NOT NULL,
	`backup_recipient` text
);

