// moto's DynamoDB server as a backend for one test file. It verifies nothing, so a verifier of ours stands before it, which knows the
// gateway's key.
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { after } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import {
  type VerifyingBackend,
  type VerifyingOptions,
  verifyingBackend,
} from '../../src/server/gateway/testing/verifying-backend.ts'
import { freePort } from '../clients/free-port.ts'
import { stoppedAfterwards } from './stopped.ts'

const startMs = 30_000

/** Starts moto from the folder of its programs; it is stopped after the suite that calls this, which is no hook. */
export async function startMoto(
  programs: string,
  options: Omit<VerifyingOptions, 'before'>,
): Promise<VerifyingBackend> {
  const port = await freePort()
  const child = spawn(join(programs, 'moto_server'), ['-H', '127.0.0.1', '-p', String(port)], {
    env: { PATH: process.env.PATH ?? '', LC_ALL: 'C.UTF-8' },
    stdio: 'ignore',
  })
  stoppedAfterwards(child)
  const before = `http://127.0.0.1:${port}`
  const late = Date.now() + startMs
  for (;;) {
    if (child.exitCode !== null) throw new Error(`moto ended with ${child.exitCode}`)
    if (Date.now() > late) throw new Error(`moto does not answer after ${startMs / 1000} s`)
    const answer = await fetch(`${before}/moto-api/`).catch(() => undefined)
    await answer?.body?.cancel()
    if (answer !== undefined) break
    await delay(50)
  }
  const backend = await verifyingBackend({ ...options, before })
  after(() => backend.close())
  return backend
}
