// The table of commands, in the order of help.
import { settingNames } from '../config/settings.ts'
import { apply } from './apply.ts'
import { backup } from './backup.ts'
import { clustersAdd, clustersList, clustersRemove } from './clusters.ts'
import type { Command } from './command.ts'
import { consoleCommand } from './console.ts'
import { credentialProcess } from './credential-process.ts'
import { doctor } from './doctor.ts'
import { env } from './env.ts'
import { exec } from './exec.ts'
import { issuerExport } from './issuer.ts'
import { keysList, keysRotate } from './keys.ts'
import { login } from './login.ts'
import { logout } from './logout.ts'
import {
  machinesAdd,
  machinesDisable,
  machinesEnable,
  machinesList,
  machinesRemove,
  machinesTask,
  machinesToken,
} from './machines.ts'
import { machinesJoin } from './machines-join.ts'
import { metadata } from './metadata.ts'
import { peopleExplain, peopleImport } from './people.ts'
import { peopleEnrol } from './people-enrol.ts'
import { peopleEnd, peopleList } from './people-sign-ins.ts'
import { peopleRevert, peopleVersions } from './people-versions.ts'
import { podWebhook } from './pod-webhook.ts'
import { restore } from './restore.ts'
import { roles } from './roles.ts'
import { rootReset } from './root.ts'
import { serve } from './serve.ts'
import {
  servicesAdd,
  servicesDisable,
  servicesEnable,
  servicesList,
  servicesProve,
  servicesRemove,
  servicesWithdraw,
} from './services.ts'
import { servicesApi } from './services-api.ts'
import { sessionsList, sessionsRevoke } from './sessions.ts'
import { why } from './why.ts'

/** Its code is loaded only when it runs: a production server does not load it. */
const dev: Command = {
  name: 'dev',
  says: 'Serve a demonstration on this machine only, and print commands to try. For development, never for production.',
  settings: settingNames,
  run: async (input, world) => (await import('./dev.ts')).runDev(input, world),
}

export const commands: readonly Command[] = [
  serve,
  dev,
  env,
  apply,
  why,
  sessionsList,
  sessionsRevoke,
  peopleExplain,
  peopleImport,
  peopleVersions,
  peopleRevert,
  peopleList,
  peopleEnd,
  peopleEnrol,
  machinesAdd,
  machinesToken,
  machinesList,
  machinesTask,
  machinesDisable,
  machinesEnable,
  machinesRemove,
  machinesJoin,
  servicesAdd,
  servicesProve,
  servicesWithdraw,
  servicesApi,
  servicesList,
  servicesDisable,
  servicesEnable,
  servicesRemove,
  keysRotate,
  keysList,
  issuerExport,
  rootReset,
  backup,
  restore,
  doctor,
  login,
  logout,
  roles,
  consoleCommand,
  exec,
  credentialProcess,
  clustersAdd,
  clustersList,
  clustersRemove,
  podWebhook,
  metadata,
]
