/** Overview, sensor list and sources: values in place. */
import { bringToLife } from "../island.ts";
import { catchUp, onReset } from "../live.ts";
import { DeliveryNews } from "../delivery_news.tsx";
import { NewSensors } from "../new_sensors.tsx";
import { OverviewAnswer } from "../overview_answer.tsx";
import { SensorRow } from "../sensor_row.tsx";
import { SourceList } from "../source_list.tsx";
import { StatusNow } from "../status_word.tsx";
import { SystemLine } from "../system_line.tsx";

bringToLife({
  SensorRow,
  StatusNow,
  SystemLine,
  OverviewAnswer,
  NewSensors,
  SourceList,
  DeliveryNews,
});
onReset(catchUp);
