-- readable from: 0024_uploads
CREATE TABLE `imports` (
	`name` text PRIMARY KEY NOT NULL,
	`cursor` text NOT NULL,
	`stored` integer NOT NULL,
	`repeated` integer NOT NULL
);

--> statement-breakpoint
CREATE TABLE `jobs` (
	`num` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`id` text NOT NULL,
	`kind` text NOT NULL,
	`title` text NOT NULL,
	`options` text NOT NULL,
	`state` text NOT NULL,
	`progress` text,
	`result` text,
	`file` text,
	`file_name` text,
	`file_type` text,
	`file_bytes` integer,
	`error` text,
	`by` text NOT NULL,
	`created_ms` integer NOT NULL,
	`started_ms` integer,
	`finished_ms` integer
);

--> statement-breakpoint
CREATE UNIQUE INDEX `jobs_id_unique` ON `jobs` (`id`);
--> statement-breakpoint
CREATE INDEX `jobs_by_kind` ON `jobs` (`kind`,`num`);
--> statement-breakpoint
CREATE INDEX `jobs_by_state` ON `jobs` (`state`);
--> statement-breakpoint
CREATE TABLE `report_schedules` (
	`id` text PRIMARY KEY NOT NULL,
	`name` text NOT NULL,
	`options` text NOT NULL,
	`cron` text NOT NULL,
	`channels` text NOT NULL,
	`enabled` integer NOT NULL,
	`created_ms` integer NOT NULL,
	`last_due_ms` integer
);

--> statement-breakpoint
CREATE UNIQUE INDEX `report_schedules_name_unique` ON `report_schedules` (`name`);
--> statement-breakpoint
CREATE TABLE `status_changes` (
	`id` integer PRIMARY KEY NOT NULL,
	`subject` text NOT NULL,
	`t_ms` integer NOT NULL,
	`status` text NOT NULL
);

--> statement-breakpoint
CREATE INDEX `status_changes_of` ON `status_changes` (`subject`,`t_ms`);
--> statement-breakpoint
CREATE TABLE `summaries` (
	`id` integer PRIMARY KEY NOT NULL,
	`sensor` integer NOT NULL,
	`tier` text NOT NULL,
	`source` text NOT NULL,
	`first_ms` integer NOT NULL,
	`last_ms` integer NOT NULL,
	`n` integer NOT NULL,
	`bytes` integer NOT NULL,
	`data` blob NOT NULL
);

--> statement-breakpoint
CREATE INDEX `summaries_by_sensor` ON `summaries` (`sensor`,`tier`,`source`,`last_ms`,`first_ms`,`n`,`bytes`);
