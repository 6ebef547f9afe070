/** The pages of cameras, and of a machine that cameras look at. */
import { CameraAnswer } from "../camera_answer.tsx";
import { CameraHealth } from "../camera_health.tsx";
import { CameraNow } from "../camera_now.tsx";
import { CameraPicture } from "../camera_picture.tsx";
import { bringToLife } from "../island.ts";
import { KeptPictures } from "../kept_pictures.tsx";

bringToLife({ CameraAnswer, CameraHealth, CameraNow, CameraPicture, KeptPictures });
