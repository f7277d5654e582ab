using Waymark.Flows;

namespace Waymark.Regions;

/// <summary>What boxes leave of a box.</summary>
public static class Remainder
{
    /// <summary>More cuts than this for one question are not made.</summary>
    public const int MostCuts = 2_000_000;

    /// <summary>A box of the packets of <paramref name="whole"/> that are in none of the holes; null: there is none.</summary>
    /// <param name="whole">The box.</param>
    /// <param name="holes">What is taken away.</param>
    /// <param name="space">Whose budget the cuts are taken from.</param>
    /// <param name="isDecided">False where the answer would take more than <see cref="MostCuts"/> cuts; then nothing can be said.</param>
    public static FlowBox? Of(FlowBox whole, IReadOnlyList<FlowBox> holes, PacketSpace space, out bool isDecided)
    {
        isDecided = true;
        var cuts = 0;
        // Depth first: the first piece that no hole touches is the answer, before the others are cut up.
        var open = new Stack<(FlowBox Piece, int Next)>();
        open.Push((whole, 0));
        while (open.TryPop(out var one))
        {
            var next = one.Next;
            while (next < holes.Count && !holes[next].Overlaps(one.Piece))
            {
                next++;
            }
            cuts += next - one.Next + 1;
            space.Spend(next - one.Next + 1);
            if (cuts > MostCuts)
            {
                isDecided = false;
                return null;
            }
            if (next == holes.Count)
            {
                return one.Piece;
            }
            foreach (var piece in one.Piece.Subtract(holes[next]))
            {
                open.Push((piece, next + 1));
            }
        }
        return null;
    }
}
