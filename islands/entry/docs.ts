/** The page of the API document: calls from the page. */
import { bringToLife } from "../island.ts";
import { TryOperation } from "../try_operation.tsx";

bringToLife({ TryOperation });
