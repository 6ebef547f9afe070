-- readable from: 0024_uploads
CREATE TABLE `history_changes` (
	`id` integer PRIMARY KEY NOT NULL,
	`sensor` integer NOT NULL,
	`from_ms` integer NOT NULL,
	`to_ms` integer NOT NULL
);

--> statement-breakpoint
CREATE TABLE `history_parts` (
	`id` integer PRIMARY KEY NOT NULL,
	`sensor` integer NOT NULL,
	`month` text NOT NULL,
	`generation` integer NOT NULL,
	`state` text NOT NULL
);

--> statement-breakpoint
CREATE TABLE `history_queue` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`chunk` integer NOT NULL
);

--> statement-breakpoint
CREATE UNIQUE INDEX `history_queue_chunk_unique` ON `history_queue` (`chunk`);
--> statement-breakpoint
CREATE TABLE `history_series` (
	`sensor` integer PRIMARY KEY NOT NULL,
	`since_ms` integer NOT NULL,
	`id` text,
	`oldest_ms` integer,
	`newest_ms` integer,
	`sent` integer NOT NULL
);

--> statement-breakpoint
CREATE TABLE `history_server` (
	`one` integer PRIMARY KEY NOT NULL,
	`url` text NOT NULL,
	`since_ms` integer NOT NULL,
	`sent` integer NOT NULL
);

