-- readable from: 0024_uploads
CREATE TABLE `command_rules` (
	`id` text PRIMARY KEY NOT NULL,
	`name` text NOT NULL,
	`rule` text NOT NULL,
	`target_id` text NOT NULL,
	`enabled` integer NOT NULL,
	`fired_ms` integer,
	`created_ms` integer NOT NULL
);

--> statement-breakpoint
CREATE UNIQUE INDEX `command_rules_name_unique` ON `command_rules` (`name`);
--> statement-breakpoint
CREATE TABLE `command_targets` (
	`id` text PRIMARY KEY NOT NULL,
	`sensor_num` integer,
	`entity_uid` text,
	`machine_id` text NOT NULL,
	`name` text NOT NULL,
	`spec` text NOT NULL,
	`settings` text NOT NULL,
	`created_ms` integer NOT NULL
);

--> statement-breakpoint
CREATE UNIQUE INDEX `command_targets_entity_uid_unique` ON `command_targets` (`entity_uid`);
--> statement-breakpoint
CREATE INDEX `command_targets_by_sensor` ON `command_targets` (`sensor_num`);
--> statement-breakpoint
CREATE TABLE `commands` (
	`id` text PRIMARY KEY NOT NULL,
	`target_id` text NOT NULL,
	`value` text NOT NULL,
	`actor` text NOT NULL,
	`state` text NOT NULL,
	`reason` text,
	`t_ms` integer NOT NULL,
	`done_ms` integer
);

--> statement-breakpoint
CREATE INDEX `commands_by_target` ON `commands` (`target_id`,`t_ms`);
--> statement-breakpoint
CREATE INDEX `commands_by_time` ON `commands` (`t_ms`);
--> statement-breakpoint
CREATE TABLE `computed_sensors` (
	`sensor_num` integer PRIMARY KEY NOT NULL,
	`spec` text NOT NULL,
	`state` text NOT NULL,
	`recompute_ms` integer,
	`created_ms` integer NOT NULL
);

--> statement-breakpoint
CREATE TABLE `devices` (
	`uid` text PRIMARY KEY NOT NULL,
	`dialect` text NOT NULL,
	`about` text NOT NULL,
	`machine_id` text NOT NULL,
	`created_ms` integer NOT NULL
);

--> statement-breakpoint
CREATE TABLE `entities` (
	`uid` text PRIMARY KEY NOT NULL,
	`device_uid` text NOT NULL,
	`sensor_num` integer,
	`announced` text NOT NULL,
	`retired_ms` integer
);

--> statement-breakpoint
CREATE INDEX `entities_by_device` ON `entities` (`device_uid`);
--> statement-breakpoint
CREATE INDEX `entities_by_sensor` ON `entities` (`sensor_num`);
--> statement-breakpoint
CREATE TABLE `hardware_inputs` (
	`id` text PRIMARY KEY NOT NULL,
	`driver` text NOT NULL,
	`sensor` text NOT NULL,
	`settings` text NOT NULL,
	`state` text NOT NULL,
	`created_ms` integer NOT NULL
);

--> statement-breakpoint
CREATE TABLE `polls` (
	`id` text PRIMARY KEY NOT NULL,
	`name` text NOT NULL,
	`kind` text NOT NULL,
	`options` text NOT NULL,
	`secrets` text NOT NULL,
	`settings` text NOT NULL,
	`machine` text NOT NULL,
	`allowed` text,
	`secret_hash` text,
	`enabled` integer NOT NULL,
	`created_ms` integer NOT NULL
);

--> statement-breakpoint
CREATE UNIQUE INDEX `polls_name_unique` ON `polls` (`name`);
--> statement-breakpoint
CREATE UNIQUE INDEX `polls_secret_hash_unique` ON `polls` (`secret_hash`);
