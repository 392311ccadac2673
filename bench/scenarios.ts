import { handshake } from './handshake/handshake.ts'
import { proxy } from './proxy/proxy.ts'
import type { Scenario } from './scenario.ts'

export const scenarios: readonly Scenario[] = [handshake, proxy]
