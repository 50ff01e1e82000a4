import { openSqlite } from '../sqlite.ts'
import { storeChaos } from './conformance/chaos.ts'
import { counters, people, START } from './conformance/suite.ts'

storeChaos('a store in memory', () => openSqlite(':memory:', [people, counters], { clock: () => START }))
