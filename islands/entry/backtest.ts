/** The page of one backtest. */
import { BacktestView } from "../backtest_view.tsx";
import { bringToLife } from "../island.ts";

bringToLife({ BacktestView });
