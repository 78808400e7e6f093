import ts from 'typescript';

/**
 * The titles of the tests in a file that really run, in the order of the file.
 *
 * What a title takes from its data (`%s`, `$name`, `${expression}`) is `…`. A title in a comment or a string is
 * none, and neither is one of a test that is skipped, still to do, or inside of a `describe` that is skipped.
 */
export function titlesOfRunTests(source: string): string[] {
  const titles: string[] = [];
  const visit = (node: ts.Node): void => {
    const call = ts.isCallExpression(node) ? namesOfCallee(node.expression) : [];
    if (call.some((name) => notRun.has(name))) return;
    if (ts.isCallExpression(node) && (call[0] === 'it' || call[0] === 'test')) {
      const title = node.arguments[0] === undefined ? undefined : titleText(node.arguments[0]);
      if (title !== undefined) titles.push(title);
    }
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile('a.test.ts', source, ts.ScriptTarget.Latest));
  return titles;
}

const notRun = new Set(['skip', 'todo', 'xit', 'xtest', 'xdescribe', 'failing']);

/** `['it', 'each']` of `it.each(rows)(title, …)`, and of `it.each` with a table as a template. */
function namesOfCallee(callee: ts.Expression): string[] {
  if (ts.isIdentifier(callee)) return [callee.text];
  if (ts.isPropertyAccessExpression(callee)) return [...namesOfCallee(callee.expression), callee.name.text];
  if (ts.isCallExpression(callee)) return namesOfCallee(callee.expression);
  return ts.isTaggedTemplateExpression(callee) ? namesOfCallee(callee.tag) : [];
}

function titleText(title: ts.Expression): string | undefined {
  if (ts.isStringLiteralLike(title)) return withoutPlaceholders(title.text);
  if (ts.isTemplateExpression(title)) {
    return [title.head.text, ...title.templateSpans.map(({ literal }) => literal.text)]
      .map(withoutPlaceholders)
      .join('…');
  }

  return undefined;
}

/** jest's placeholders: printf's, and `$name` of a row. */
function withoutPlaceholders(text: string): string {
  return text.replaceAll(/%[sdifjop#]|\$[\w.]+/gu, '…');
}
