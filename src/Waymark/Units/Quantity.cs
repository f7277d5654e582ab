namespace Waymark.Units;

/// <summary>A number with its dimension, as somebody wrote it: exact decimal, in the dimension's base unit.</summary>
/// <param name="Value">In the base unit that <see cref="Units.Dimension"/> names. Decimal, so that 70 ms prints as 70 ms again.</param>
/// <param name="Dimension">What is measured.</param>
public readonly record struct Quantity(decimal Value, Dimension Dimension)
{
    /// <summary>The value for comparison with a measurement.</summary>
    public double ToDouble() => (double)Value;
}
