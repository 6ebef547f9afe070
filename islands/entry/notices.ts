/** On the page of notices. */
import { bringToLife } from "../island.ts";
import { NoticesHere } from "../notices_here.tsx";

bringToLife({ NoticesHere });
