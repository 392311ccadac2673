import { adminApi } from './admin-api/admin-api.ts'
import { handshake } from './handshake/handshake.ts'
import { propagation } from './propagation/propagation.ts'
import { ocspClientCheck } from './ocsp/client-check.ts'
import { ocspFanIn } from './ocsp/fan-in.ts'
import { ocspFresh } from './ocsp/fresh.ts'
import { ocspHang } from './ocsp/hang.ts'
import { ocspMany } from './ocsp/many.ts'
import { ocspRefusal } from './ocsp/refusal.ts'
import { ocspVerify } from './ocsp-core/verify.ts'
import { limits } from './limits/limits.ts'
import { logging } from './proxy/logging.ts'
import { counting } from './plugins/counting.ts'
import { plugins } from './proxy/plugins.ts'
import { proxy } from './proxy/proxy.ts'
import { router } from './router/router.ts'
import type { Scenario } from './scenario.ts'

export const scenarios: readonly Scenario[] = [
  handshake, proxy, plugins, counting, logging, limits, ocspVerify, router, adminApi, propagation, ocspClientCheck, ocspHang, ocspFresh, ocspFanIn, ocspMany, ocspRefusal
]
