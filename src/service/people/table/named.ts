// What the table calls by a name.
import type { Connector, PeopleTable, Target } from '../../contracts/people-table.ts'

export const connectorNamed = (
  { connectors }: Pick<PeopleTable, 'connectors'>,
  name: string | undefined,
): Connector | undefined => connectors.find((one) => one.name === name)

/** Undefined also for one of another kind. */
export function connectorOfKind<Kind extends Connector['kind']>(
  table: Pick<PeopleTable, 'connectors'>,
  name: string | undefined,
  ...kinds: readonly Kind[]
): Extract<Connector, { readonly kind: Kind }> | undefined {
  const connector = connectorNamed(table, name)
  return kinds.find((kind) => kind === connector?.kind) === undefined ? undefined : (connector as never)
}

export const targetNamed = ({ targets }: Pick<PeopleTable, 'targets'>, name: string | undefined): Target | undefined =>
  targets.find((one) => one.name === name)
