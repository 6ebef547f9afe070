/** The worker of the database, whose garbage can be collected. */
import "./collect_when_asked.ts";
import "../../../lib/app/storage_worker.ts";
