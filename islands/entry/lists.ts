/** Overview, sensor list and sources: values in place. */
import { bringToLife } from "../island.ts";
import { onReset } from "../live.ts";
import { OverviewAnswer } from "../overview_answer.tsx";
import { SensorRow } from "../sensor_row.tsx";
import { SystemLine } from "../system_line.tsx";

bringToLife({ SensorRow, SystemLine, OverviewAnswer });
// What was missed is gone: the server's picture is the right one again.
onReset(() => location.reload());
