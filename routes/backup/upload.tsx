import type { VNode } from "preact";
import { FileUpload } from "../../islands/file_upload.tsx";
import type { Archive, FoundUpload } from "../../lib/backup/uploads.ts";
import { expiresMs } from "../../lib/uploads/folder.ts";
import { bytes } from "../../lib/words/numbers.ts";
import { dateTime, span } from "../../lib/words/times.ts";
import { refusedForm } from "../frame/form_action.ts";
import { NO_FORM } from "../frame/form_page.ts";
import type { FormPage } from "../frame/form_page.ts";
import { Island } from "../frame/island.tsx";
import { Post, Table } from "../frame/parts.tsx";
import { type Route, route } from "../http/route.ts";
import { seeOther } from "../http/see_other.ts";
import { MOST_BYTES, MOST_MS, receiveForm, type UploadServices } from "../uploads/request.ts";

/** What the page's form posts an archive to, in one piece. */
export function uploadAction(page: FormPage, services: UploadServices<Archive>): Route {
  return route({
    method: "post",
    path: `${page.path}/upload`,
    policy: page.policy,
    summary: null,
    maxBodyBytes: MOST_BYTES,
    bodyTimeoutMs: MOST_MS,
    handler: async (context) => {
      try {
        await receiveForm(services, context, "choose an archive");
        return seeOther(page.path);
      } catch (error) {
        const sent = await refusedForm(context, error, {});
        return await page.draw(context, { ...NO_FORM, form: "upload", ...sent });
      }
    },
  });
}

/** The way in for an archive from elsewhere, and what came by it. */
export function UploadCard(
  { uploads, error, zone, nowMs }: {
    uploads: readonly FoundUpload[];
    error: string | null;
    zone: string;
    nowMs: number;
  },
): VNode {
  return (
    <section class="card" aria-labelledby="upload-title">
      <h2 id="upload-title">Bring an archive here</h2>
      <p>
        Of this plant or another one, from your computer. Nothing is changed by it: it can be
        checked and restored here then.
      </p>
      {uploads.length > 0 && (
        <Table label="Uploaded archives">
          <thead>
            <tr>
              <th scope="col" class="text">Archive</th>
              <th scope="col">Size</th>
              <th scope="col" class="text">State</th>
              <th scope="col">
                <span class="hidden">Remove</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {uploads.map((one) => <Row key={one.id} upload={one} zone={zone} nowMs={nowMs} />)}
          </tbody>
        </Table>
      )}
      <Island
        name="FileUpload"
        component={FileUpload}
        props={{
          action: "/settings/backups/restore/upload",
          uploads: "/api/restore/uploads",
          then: "/settings/backups/restore",
          label: "Archive",
          help:
            "As Perch made it: its name ends in .tar.gz, or in .tar.gz.age when it is encrypted.",
          accept: ".gz,.age,.tgz",
          error,
        }}
      />
    </section>
  );
}

function Row(
  { upload, zone, nowMs }: { upload: FoundUpload; zone: string; nowMs: number },
): VNode {
  const { id, record: { name, bytes: all }, received } = upload;
  return (
    <tr>
      <th scope="row" class="text">{name}</th>
      <td>{bytes(all ?? received)}</td>
      <td class="text">
        {stateWords(upload, zone)}
        <span class="muted">{`, removed in ${span(expiresMs(upload) - nowMs)}`}</span>
      </td>
      <td>
        <Post
          action="/settings/backups/restore/remove"
          fields={{ id }}
          look="small"
          label={`Remove ${name}`}
        >
          Remove
        </Post>
      </td>
    </tr>
  );
}

function stateWords(
  { record: { bytes: all, whole }, received }: FoundUpload,
  zone: string,
): string {
  if (whole === null) {
    return all === null
      ? "coming"
      : `${Math.floor(received / all * 100)} % there: choose the same file to go on`;
  }
  if (whole.plant === null) return "whole, encrypted";
  return `whole: ${whole.plant.name}, made ${dateTime(whole.plant.createdMs, zone)}`;
}
