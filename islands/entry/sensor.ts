/** The page of one sensor. */
import { AlarmsHere } from "../alarms_here.tsx";
import { bringToLife } from "../island.ts";
import { catchUp, onReset } from "../live.ts";
import { OrderNow } from "../order_now.tsx";
import { SensorNow } from "../sensor_now.tsx";
import { SensorView } from "../sensor_view.tsx";
import { StatusNow } from "../status_word.tsx";

bringToLife({ AlarmsHere, OrderNow, SensorNow, SensorView, StatusNow });
onReset(catchUp);
