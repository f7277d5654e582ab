using Waymark.Lab.Control;

namespace Waymark.Tests.Lab;

public sealed class NamespaceRefusalTests
{
    [Theory]
    [InlineData(false, "user/max_user_namespaces", "0\n", "this system lets no ordinary user make network namespaces (user.max_user_namespaces is 0): run it with sudo, or allow them with 'sudo sysctl user.max_user_namespaces=15000'")]
    [InlineData(false, "kernel/unprivileged_userns_clone", "0\n", "this system lets no ordinary user make network namespaces (kernel.unprivileged_userns_clone is 0): run it with sudo, or allow them with 'sudo sysctl kernel.unprivileged_userns_clone=1'")]
    [InlineData(false, "kernel/apparmor_restrict_unprivileged_userns", "1\n", "this system lets no ordinary user make network namespaces (kernel.apparmor_restrict_unprivileged_userns is 1): run it with sudo, or allow them with 'sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0'")]
    [InlineData(false, "user/max_net_namespaces", "0\n", "this system lets nobody make network namespaces (user.max_net_namespaces is 0): allow them with 'sudo sysctl user.max_net_namespaces=15000'")]
    [InlineData(true, "user/max_net_namespaces", "0\n", "this system lets nobody make network namespaces (user.max_net_namespaces is 0): allow them with 'sysctl user.max_net_namespaces=15000'")]
    [InlineData(true, "user/max_user_namespaces", "0\n", "no network namespaces of our own can be made (unshare: not permitted): in a container, start it with --privileged")]
    [InlineData(false, "user/max_user_namespaces", "31000\n", "no network namespaces of our own can be made (unshare: not permitted): run it with sudo")]
    public void The_knob_that_forbids_is_named_with_the_mend(bool isRoot, string knob, string value, string sentence) =>
        Assert.Equal(sentence, NamespaceRefusal.Explain(isRoot, "unshare: not permitted", name => name == knob ? value : null));
}
