/** The page that compares sensors. */
import { CompareView } from "../compare_view.tsx";
import { bringToLife } from "../island.ts";

bringToLife({ CompareView });
