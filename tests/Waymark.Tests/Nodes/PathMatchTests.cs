using Waymark.Flows;
using Waymark.Nodes;

namespace Waymark.Tests.Nodes;

public sealed class PathMatchTests
{
    private static readonly DeviceTraits[] Devices =
    [
        new("lo-like") { Addresses = [IpAddress.Parse("10.8.0.9")] },
        new("usb1") { Driver = "cdc_mbim", HardwareAddresses = ["02:00:00:00:00:01"] },
        new("usb0") { Driver = "cdc_mbim", HardwareAddresses = ["02:00:00:00:00:02", "00:11:22:33:44:55"] },
        new("wlan0") { Driver = "iwlwifi", Addresses = [IpAddress.Parse("192.0.2.7"), IpAddress.Parse("2001:db8::7")] },
    ];

    [Fact]
    public void A_device_is_told_by_name_present_or_permanent_hardware_address_driver_or_an_address_of_either_family()
    {
        Assert.Equal("wlan0", Found(new() { Interface = "wlan0" }));
        Assert.Equal("usb0", Found(new() { HardwareAddress = "02:00:00:00:00:02" }));
        Assert.Equal("usb0", Found(new() { HardwareAddress = "00:11:22:33:44:55" }));
        Assert.Equal("wlan0", Found(new() { Driver = "iwlwifi" }));
        Assert.Equal("lo-like", Found(new() { Address = new(IpAddress.Parse("10.8.0.0"), 16) }));
        Assert.Equal("wlan0", Found(new() { Address = new(IpAddress.Parse("2001:db8::"), 64) }));
        Assert.Equal("", Found(new()));
    }

    [Fact]
    public void All_that_is_said_has_to_hold()
    {
        Assert.Equal("usb1", Found(new() { Driver = "cdc_mbim", HardwareAddress = "02:00:00:00:00:01" }));
        Assert.Equal("", Found(new() { Driver = "iwlwifi", HardwareAddress = "02:00:00:00:00:01" }));
        Assert.Equal("", Found(new() { Interface = "usb0", Address = new(IpAddress.Parse("192.0.2.0"), 24) }));
    }

    [Fact]
    public void Of_several_devices_the_first_by_name_is_taken_and_the_next_declaration_gets_the_next() =>
        Assert.Equal("- b a -", Assigned((new() { Driver = "cdc_mbim" }, false), (new() { Driver = "cdc_mbim" }, false)));

    [Fact]
    public void Who_names_its_device_has_it_wherever_it_stands() =>
        Assert.Equal("- a b -", Assigned((new() { Driver = "cdc_mbim" }, false), (new() { Interface = "usb0" }, false)));

    [Fact]
    public void What_is_to_be_left_alone_takes_every_match() => Assert.Equal("- a a -", Assigned((new() { Driver = "cdc_mbim" }, true), (new() { HardwareAddress = "00:11:22:33:44:55" }, false)));

    private static string Found(PathMatch match) => string.Join(' ', Devices.Where(match.IsMatch).Select(device => device.Name));

    private static string Assigned(params (PathMatch, bool)[] declared) =>
        string.Join(' ', PathMatch.Assign(declared, Devices).Select(number => number is { } one ? "ab"[one].ToString() : "-"));
}
