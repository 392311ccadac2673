import { availableParallelism } from 'node:os'
import type { Config } from '@clinch/schema'
import type { Logger } from 'pino'
import { durationMs } from '../config/units.ts'
import type { MachineParts } from './machine-parts.ts'
import type { RunningParts } from './running-parts.ts'
import { answerWorker } from './worker-answers.ts'
import { WorkerPool, type WorkerTerms } from './worker-pool/worker-pool.ts'

export interface WorkersOptions {
  /** What the first workers are started with. */
  readonly config: Config
  readonly ticketSecret: () => Uint8Array
  readonly machine: MachineParts
  readonly log: Logger
  /** Takes the log lines of workers. */
  readonly writeLog: (line: string) => void
}

/**
 * The workers of this machine, none of them started.
 *
 * @param parts - what they are told, and who answers them; not called before the first is started
 */
export function composeWorkers ({ config, ticketSecret, machine, log, writeLog }: WorkersOptions, parts: () => Pick<RunningParts, 'plugins' | 'opening' | 'agent' | 'health'>): WorkerPool {
  return new WorkerPool({
    terms: termsOf(config),
    log: log.child({ component: 'workers' }),
    onLogLine: writeLog,
    startMessage: config => {
      const { plugins, opening: { configuration: { objects, sequence } }, agent } = parts()
      return { kind: 'start', config, ticketSecret: ticketSecret(), plugins: plugins.list, objects, sequence, staples: agent?.messages ?? [] }
    },
    onQuestion: (worker, question) => answerWorker(worker, question, machine, parts()),
    onWorkerGone: workerId => {
      machine.workerGone(workerId)
      parts().health.workerGone(workerId)
    }
  })
}

/** What config.yaml says of workers. */
export function termsOf (config: Config): WorkerTerms {
  const { worker_processes: configured, worker_shutdown_timeout: drain } = config.nginx_config
  return {
    size: configured === 'auto' ? availableParallelism() : Number(configured),
    config,
    drainMs: durationMs(drain),
    startMs: config.apisix.worker_startup_time_threshold * 1000
  }
}
