/** The kind of job in which a model answers a person's message about a project. */
export const CHAT = 'chat'
/** The kind of job in which a model turns a wish into edits of a project's tasks. */
export const EDIT_TASKS = 'edit-tasks'

/** The kind of job that runs a command in the sandbox, for a person. */
export const RUN = 'run'

/** Jobs that talk about a project, or try it, instead of making it: how they go says nothing of how the project does. */
export const ASIDES: readonly string[] = [CHAT, EDIT_TASKS, RUN]
