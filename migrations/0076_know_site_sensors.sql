-- readable from: 0024_uploads
CREATE TABLE `site_sensors` (
	`site` text NOT NULL,
	`there` text NOT NULL,
	`sensor` integer NOT NULL,
	PRIMARY KEY(`site`, `there`)
);

