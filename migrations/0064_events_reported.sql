-- readable from: 0024_uploads
CREATE TABLE `day_counts` (
	`name` text PRIMARY KEY NOT NULL,
	`day` text NOT NULL,
	`n` integer NOT NULL
);

--> statement-breakpoint
CREATE TABLE `reported_components` (
	`name` text PRIMARY KEY NOT NULL,
	`state` text NOT NULL,
	`detail` text NOT NULL,
	`reporter` text NOT NULL,
	`reported_ms` integer NOT NULL,
	`since_ms` integer NOT NULL,
	`expires_ms` integer,
	`queue` integer,
	`failed` integer,
	`tries` integer,
	`successes` integer
);

--> statement-breakpoint
CREATE INDEX `events_by_time` ON `events` (`t_ms`,`type`);
