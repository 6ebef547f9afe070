/** The overview alone, so that what other lists need does not delay it. */
import { Attention } from "../attention.tsx";
import { bringToLife } from "../island.ts";
import { catchUp, onReset } from "../live.ts";
import { NewSensors } from "../new_sensors.tsx";
import { NormalMachines } from "../normal_machines.tsx";
import { OverviewAnswer } from "../overview_answer.tsx";
import { SensorRow } from "../sensor_row.tsx";
import { StatusNow } from "../status_word.tsx";
import { SystemLine } from "../system_line.tsx";

bringToLife({
  Attention,
  NewSensors,
  NormalMachines,
  OverviewAnswer,
  SensorRow,
  StatusNow,
  SystemLine,
});
onReset(catchUp);
