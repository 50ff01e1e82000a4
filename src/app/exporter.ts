// Opens the export of the audit to the folder that the settings name.
import { accessSync, constants } from 'node:fs'
import { makeFolder } from '../client/folder.ts'
import type { Settings } from '../config/settings.ts'
import { createExporter, type Exporter } from '../service/audit/export.ts'
import { openFileSink } from '../sinks/file.ts'
import type { Engine } from './engine.ts'
import { Failure } from './failure.ts'
import { fileProblem } from './file-problem.ts'

/**
 * The exporter, if the settings name a folder. Rejects Failure when the folder cannot be used: an export that never works
 * would report failures for ever, and nobody would miss it until it is needed.
 */
export async function openExporter({ store, clock }: Engine, settings: Settings): Promise<Exporter | undefined> {
  const folder = settings['audit-folder']
  if (folder === undefined) return undefined
  const sink = openFileSink({ folder, prefix: 'audit' })
  try {
    makeFolder(folder)
    accessSync(folder, constants.W_OK | constants.X_OK)
    await sink.resume()
  } catch (error) {
    throw new Failure(
      `--audit-folder: ${fileProblem(error) ?? `${folder} cannot be used: ${(error as Error).message}`}`,
    )
  }
  return createExporter({ store, sink, clock, retentionDays: settings['audit-days'] })
}
