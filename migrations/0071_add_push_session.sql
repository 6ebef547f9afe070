-- readable from: 0024_uploads
ALTER TABLE `push_subscriptions` ADD `session_id` text DEFAULT '' NOT NULL;
