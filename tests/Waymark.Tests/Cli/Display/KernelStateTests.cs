using Spectre.Console;
using Waymark.Cli.Display;
using V1 = Waymark.Exchange.Wire.V1;

namespace Waymark.Tests.Cli.Display;

/// <summary>What <c>waymark status</c> says of the kernel.</summary>
public sealed class KernelStateTests
{
    [Theory]
    [InlineData(V1.KernelState.Pending, 0, "waiting for the first decision")]
    [InlineData(V1.KernelState.Pending, 7, "being told the last decision")]
    [InlineData(V1.KernelState.InStep, 7, "in step with the decision")]
    [InlineData(V1.KernelState.Failed, 7, "refused the last change, the state before stays in force: no space")]
    [InlineData(V1.KernelState.Contested, 7, "others change it again and again: no space")]
    public void A_kernel_that_is_just_being_told_is_not_one_that_waits_for_a_first_decision(V1.KernelState state, ulong revision, string expected) =>
        Assert.Equal(expected, Tables.Kernel(new() { KernelState = state, Revision = revision, KernelMessage = "no space" }).Text);

    [Fact]
    public void It_is_an_alarm_only_where_something_is_wrong() =>
        Assert.Equal([Color.Yellow, Color.Green, Color.Red, Color.Red],
            new[] { V1.KernelState.Pending, V1.KernelState.InStep, V1.KernelState.Failed, V1.KernelState.Contested }.Select(state => Tables.Kernel(new() { KernelState = state, Revision = 7 }).Color));
}
