import { availableParallelism } from 'node:os'
import type { Config } from '@clinch/schema'
import type { Logger } from 'pino'
import { durationMs } from '../config/units.ts'
import type { MachineParts } from './machine-parts.ts'
import type { RunningParts } from './running-parts.ts'
import { WorkerPool, type WorkerTerms } from './worker-pool/worker-pool.ts'

export interface WorkersOptions {
  /** What the first workers are started with. */
  readonly config: Config
  readonly ticketSecret: Uint8Array
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
      return { kind: 'start', config, ticketSecret, plugins: plugins.list, objects, sequence, staples: agent?.messages ?? [] }
    },
    resyncMessage: () => {
      const { objects, sequence } = parts().opening.configuration
      return { kind: 'resync', objects, sequence }
    },
    onOcspQuestion: (question, answer) => parts().agent?.receive(question, answer),
    onMachineQuestions: (workerId, questions, answer) => machine.receive(workerId, questions, answers => answer({ kind: 'machineAnswers', answers })),
    onHealthReport: (workerId, report, answer) => parts().health.receive(workerId, report, news => answer({ kind: 'healthNews', news })),
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
