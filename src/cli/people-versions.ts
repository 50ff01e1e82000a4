// hallpass people versions, hallpass people revert: the tables of who may have what that were in force, and the way back to one.
import { Failure } from '../app/failure.ts'
import { table } from '../core/table.ts'
import { doneLines } from './apply.ts'
import { callRoute } from './call-route.ts'
import { type Command, type Option, storeSettings } from './command.ts'

const json: Option = { kind: 'switch', says: 'Print JSON.' }

export const peopleVersions: Command = {
  name: 'people versions',
  says: 'List the versions of the table of who may have what: the last 20, the newest last.',
  options: { json },
  settings: storeSettings,
  async run(input, world) {
    const { versions } = await callRoute(input, world, 'POST /people/versions', {})
    if (input.switches.json === true) {
      world.out(JSON.stringify({ versions }, undefined, 2))
      return 0
    }
    const rows = versions.map(({ version, appliedAt, file, inForce }) => [
      ...[`${version}`, appliedAt, inForce ? 'in force' : '-', file],
    ])
    for (const line of table([['VERSION', 'APPLIED', 'STATE', 'FILE'], ...rows])) world.out(line)
    return 0
  },
}

export const peopleRevert: Command = {
  name: 'people revert',
  says: 'Put a version of the table of who may have what in force again, with the connectors and secrets that it had.',
  takes: 'VERSION',
  options: { json },
  settings: storeSettings,
  async run(input, world) {
    const [text = ''] = input.rest
    if (!/^\d{1,9}$/.test(text)) throw new Failure('expected `hallpass people revert VERSION`', 2)
    const applied = await callRoute(input, world, 'POST /people/revert', { version: Number(text) })
    if (input.switches.json === true) world.out(JSON.stringify(applied, undefined, 2))
    else {
      for (const line of doneLines(applied)) world.out(line)
      world.err(applied.isNew ? `version ${applied.version} is in force, as ${text} was` : 'nothing to change')
    }
    return 0
  },
}
