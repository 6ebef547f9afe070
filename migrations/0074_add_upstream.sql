-- readable from: 0024_uploads
CREATE TABLE `forward_cursors` (
	`lane` text PRIMARY KEY NOT NULL,
	`seq` integer NOT NULL,
	`lost` integer DEFAULT 0 NOT NULL
);

--> statement-breakpoint
CREATE TABLE `forward_done` (
	`id` integer PRIMARY KEY NOT NULL,
	`done_ms` integer NOT NULL
);

--> statement-breakpoint
CREATE TABLE `forward_epochs` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`epoch` text NOT NULL,
	`after_group` integer NOT NULL,
	`after_event` integer NOT NULL
);

--> statement-breakpoint
CREATE UNIQUE INDEX `forward_epochs_epoch_unique` ON `forward_epochs` (`epoch`);
--> statement-breakpoint
CREATE TABLE `journal_kept` (
	`id` integer PRIMARY KEY NOT NULL,
	`n` integer NOT NULL,
	`readings` integer NOT NULL,
	`bytes` integer NOT NULL,
	`t_ms` integer NOT NULL,
	`b` blob NOT NULL
);

--> statement-breakpoint
CREATE TABLE `site_alarms` (
	`site` text NOT NULL,
	`alarm` text NOT NULL,
	`body` text NOT NULL,
	PRIMARY KEY(`site`, `alarm`)
);

--> statement-breakpoint
CREATE TABLE `site_commands` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`site` text NOT NULL,
	`created_ms` integer NOT NULL,
	`body` text NOT NULL
);

--> statement-breakpoint
CREATE TABLE `site_cursors` (
	`site` text NOT NULL,
	`node` text NOT NULL,
	`epoch` text NOT NULL,
	`lane` text NOT NULL,
	`seq` integer NOT NULL,
	PRIMARY KEY(`site`, `node`, `epoch`, `lane`)
);

--> statement-breakpoint
CREATE TABLE `sites` (
	`id` text PRIMARY KEY NOT NULL,
	`name` text NOT NULL,
	`created_ms` integer NOT NULL,
	`key_id` text,
	`state` text
);

