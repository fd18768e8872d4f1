/** The kind of job in which a model answers a person's message about a project. */
export const CHAT = 'chat'
/** The kind of job in which a model turns a wish into edits of a project's tasks. */
export const EDIT_TASKS = 'edit-tasks'

/** Jobs that talk about a project instead of making it: how they go says nothing of how the project does. */
export const ASIDES: readonly string[] = [CHAT, EDIT_TASKS]
