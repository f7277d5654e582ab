namespace Waymark.Policies.Language;

/// <summary>Where a statement of a <see cref="StatementReader"/> stands, in token numbers: for the formatter.</summary>
/// <param name="First">Its keyword.</param>
/// <param name="HeadEnd">Behind its last value: its <c>;</c>, or the <c>{</c> of its block.</param>
/// <param name="End">Behind its <c>;</c> or <c>}</c>.</param>
/// <param name="Inner">The statements of its block, in order; null: it has none.</param>
internal sealed record ReadStatement(int First, int HeadEnd, int End, IReadOnlyList<ReadStatement>? Inner);
