-- readable from: 0024_uploads
CREATE TABLE `ai_usage` (
	`day` text NOT NULL,
	`model` text NOT NULL,
	`calls` integer NOT NULL,
	`tokens` integer NOT NULL,
	PRIMARY KEY(`day`, `model`)
);

--> statement-breakpoint
CREATE TABLE `analyses` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`t_ms` integer NOT NULL,
	`trigger` text NOT NULL,
	`author` text NOT NULL,
	`overall` text NOT NULL,
	`body` text NOT NULL,
	`sent` text,
	`input_hash` text NOT NULL,
	`instead` text,
	`tokens` integer NOT NULL
);

--> statement-breakpoint
CREATE TABLE `corrections` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`fault_id` integer NOT NULL,
	`state` text NOT NULL,
	`target` text NOT NULL,
	`base_hash` text NOT NULL,
	`before` text NOT NULL,
	`after` text NOT NULL,
	`diff` text NOT NULL,
	`diff_hash` text NOT NULL,
	`author` text NOT NULL,
	`text` text NOT NULL,
	`trial` text NOT NULL,
	`proposed_ms` integer NOT NULL,
	`approved_ms` integer,
	`approver` text,
	`applied_ms` integer,
	`ended_ms` integer,
	`outcome` text,
	FOREIGN KEY (`fault_id`) REFERENCES `faults`(`id`) ON UPDATE no action ON DELETE cascade
);

--> statement-breakpoint
CREATE INDEX `corrections_by_fault` ON `corrections` (`fault_id`,`id`);
--> statement-breakpoint
CREATE TABLE `custom_detectors` (
	`name` text PRIMARY KEY NOT NULL,
	`group_id` integer NOT NULL,
	`data` blob NOT NULL
);

--> statement-breakpoint
CREATE TABLE `faults` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`cause` text NOT NULL,
	`component` text NOT NULL,
	`type` text NOT NULL,
	`severity` text NOT NULL,
	`state` text NOT NULL,
	`message` text NOT NULL,
	`file` text,
	`line` integer,
	`column` integer,
	`first_ms` integer NOT NULL,
	`last_ms` integer NOT NULL,
	`ended_ms` integer,
	`n` integer NOT NULL,
	`paused` integer NOT NULL
);

--> statement-breakpoint
CREATE UNIQUE INDEX `faults_open` ON `faults` (`cause`) WHERE state = 'open';
--> statement-breakpoint
CREATE INDEX `faults_by_state` ON `faults` (`state`,`id`);
--> statement-breakpoint
CREATE TABLE `script_samples` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`kind` text NOT NULL,
	`name` text NOT NULL,
	`t_ms` integer NOT NULL,
	`topic` text NOT NULL,
	`payload` blob NOT NULL
);

--> statement-breakpoint
CREATE INDEX `script_samples_by_name` ON `script_samples` (`kind`,`name`,`id`);
--> statement-breakpoint
CREATE TABLE `script_versions` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`kind` text NOT NULL,
	`name` text NOT NULL,
	`hash` text NOT NULL,
	`source` text NOT NULL,
	`t_ms` integer NOT NULL,
	`actor` text,
	`reason` text NOT NULL
);

--> statement-breakpoint
CREATE INDEX `script_versions_by_name` ON `script_versions` (`kind`,`name`,`id`);
--> statement-breakpoint
CREATE TABLE `scripts` (
	`kind` text NOT NULL,
	`name` text NOT NULL,
	`hash` text NOT NULL,
	`state` text NOT NULL,
	`actor` text,
	`changed_ms` integer NOT NULL,
	PRIMARY KEY(`kind`, `name`)
);

