-- readable from: 0024_uploads
CREATE TABLE `camera_images` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`camera_id` text NOT NULL,
	`t_ms` integer NOT NULL,
	`file` text NOT NULL,
	`bytes` integer NOT NULL,
	`width` integer NOT NULL,
	`height` integer NOT NULL,
	`reason` text NOT NULL,
	`alarm_id` text
);

--> statement-breakpoint
CREATE UNIQUE INDEX `camera_images_file_unique` ON `camera_images` (`file`);
--> statement-breakpoint
CREATE INDEX `camera_images_by_camera` ON `camera_images` (`camera_id`,`t_ms`);
--> statement-breakpoint
CREATE INDEX `camera_images_by_reason` ON `camera_images` (`camera_id`,`reason`,`t_ms`);
--> statement-breakpoint
CREATE INDEX `camera_images_by_alarm` ON `camera_images` (`alarm_id`);
--> statement-breakpoint
CREATE INDEX `camera_images_by_time` ON `camera_images` (`t_ms`);
--> statement-breakpoint
CREATE TABLE `camera_states` (
	`camera_id` text PRIMARY KEY NOT NULL,
	`last_resort_ms` integer
);

--> statement-breakpoint
CREATE TABLE `cameras` (
	`id` text PRIMARY KEY NOT NULL,
	`name` text NOT NULL,
	`kind` text NOT NULL,
	`options` text NOT NULL,
	`secrets` text NOT NULL,
	`settings` text NOT NULL,
	`machine_id` text,
	`allowed` text,
	`enabled` integer NOT NULL,
	`created_ms` integer NOT NULL
);

--> statement-breakpoint
CREATE UNIQUE INDEX `cameras_name_unique` ON `cameras` (`name`);
