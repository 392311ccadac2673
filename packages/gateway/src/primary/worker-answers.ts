import type { ToWorker } from '../ipc/messages.ts'
import type { MachineParts } from './machine-parts.ts'
import type { RunningParts } from './running-parts.ts'
import type { WorkerProcess, WorkerQuestion } from './worker-pool/worker-process.ts'

/** Takes a worker's question to whoever answers it. */
export function answerWorker (worker: WorkerProcess, question: WorkerQuestion, machine: MachineParts, { opening, agent, health }: Pick<RunningParts, 'opening' | 'agent' | 'health'>): void {
  const answer = (message: ToWorker) => worker.send(message)
  switch (question.kind) {
    case 'gap': {
      const { objects, sequence } = opening.configuration
      return worker.sendWhole({ kind: 'resync', objects, sequence })
    }
    case 'machineQuestions': return machine.receive(worker.id, question.questions, answers => answer({ kind: 'machineAnswers', answers }))
    case 'healthWatch':
    case 'healthUnwatch':
    case 'healthSeen': return health.receive(worker.id, question, news => answer({ kind: 'healthNews', news }))
    case 'clientCheck':
    case 'clientIssuerWanted':
    case 'clientIssuers':
    case 'clientsSeen': return agent?.receive(question, answer)
  }
}
