-- readable from: 0024_uploads
CREATE TABLE `chart_notes` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`at_ms` integer NOT NULL,
	`until_ms` integer,
	`machine_id` text,
	`sensor_id` text,
	`text` text NOT NULL,
	`author_id` text NOT NULL,
	`author` text NOT NULL,
	`created_ms` integer NOT NULL,
	`changed_ms` integer
);

--> statement-breakpoint
CREATE INDEX `chart_notes_by_time` ON `chart_notes` (`at_ms`);
--> statement-breakpoint
CREATE INDEX `chart_notes_by_machine` ON `chart_notes` (`machine_id`,`at_ms`);
--> statement-breakpoint
CREATE INDEX `chart_notes_by_sensor` ON `chart_notes` (`sensor_id`,`at_ms`);
--> statement-breakpoint
CREATE TABLE `dashboards` (
	`id` text PRIMARY KEY NOT NULL,
	`title` text NOT NULL,
	`owner_id` text NOT NULL,
	`shared` integer NOT NULL,
	`tiles` text NOT NULL,
	`created_ms` integer NOT NULL,
	`changed_ms` integer NOT NULL
);

--> statement-breakpoint
CREATE INDEX `dashboards_by_owner` ON `dashboards` (`owner_id`);
--> statement-breakpoint
CREATE TABLE `kiosk_links` (
	`id` text PRIMARY KEY NOT NULL,
	`name` text NOT NULL,
	`dashboard_id` text NOT NULL,
	`hash` text NOT NULL,
	`created_by` text NOT NULL,
	`created_ms` integer NOT NULL,
	`last_used_ms` integer,
	`revoked_ms` integer,
	FOREIGN KEY (`dashboard_id`) REFERENCES `dashboards`(`id`) ON UPDATE no action ON DELETE no action
);

--> statement-breakpoint
CREATE UNIQUE INDEX `kiosk_links_hash_unique` ON `kiosk_links` (`hash`);
--> statement-breakpoint
CREATE INDEX `kiosk_links_by_dashboard` ON `kiosk_links` (`dashboard_id`);
--> statement-breakpoint
CREATE TABLE `push_subscriptions` (
	`id` text PRIMARY KEY NOT NULL,
	`user_id` text NOT NULL,
	`endpoint` text NOT NULL,
	`p256dh` text NOT NULL,
	`auth` text NOT NULL,
	`agent` text NOT NULL,
	`created_ms` integer NOT NULL,
	`last_used_ms` integer
);

--> statement-breakpoint
CREATE UNIQUE INDEX `push_subscriptions_endpoint_unique` ON `push_subscriptions` (`endpoint`);
--> statement-breakpoint
CREATE INDEX `push_subscriptions_by_user` ON `push_subscriptions` (`user_id`);
