import ts from 'typescript';

const levels = new Set(['debug', 'info', 'warn', 'error']);

/** The messages that a file logs: the last argument of `logger.info(…)` and the like, where it is a string. */
export function logMessagesIn(source: string): string[] {
  const messages: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node) && isLogger(node.expression)) {
      const message = node.arguments.at(-1);
      if (message !== undefined && ts.isStringLiteralLike(message)) messages.push(message.text);
    }
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile('logging.ts', source, ts.ScriptTarget.Latest));
  return messages;
}

/** Whether it is `logger.warn`, `deps.logger.warn`, `this.#logger.warn`. */
function isLogger(callee: ts.Expression): boolean {
  if (!ts.isPropertyAccessExpression(callee) || !levels.has(callee.name.text)) return false;
  const { expression } = callee;
  const name = ts.isPropertyAccessExpression(expression) ? expression.name : expression;
  return (ts.isIdentifier(name) || ts.isPrivateIdentifier(name)) && /^#?logger$/u.test(name.text);
}
