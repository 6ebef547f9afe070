-- readable from: 0024_uploads
CREATE TABLE `nodes` (
	`url` text PRIMARY KEY NOT NULL,
	`host` text NOT NULL,
	`keys` text NOT NULL,
	`keeps` integer NOT NULL,
	`lease_ms` integer NOT NULL,
	`seen_ms` integer NOT NULL
);

