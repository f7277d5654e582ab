using Microsoft.Win32.SafeHandles;
using Waymark.Flows;
using Waymark.Linux.PathExamination.Datagrams;

namespace Waymark.Linux.PathExamination.BfdSessions;

/// <summary>A datagram with what the kernel knows of its arrival.</summary>
/// <param name="Length">Its length, bytes; of one that did not fit what did.</param>
/// <param name="From">Who sent it.</param>
/// <param name="TimeToLive">How many hops it had left, 0 to 255; null: not told.</param>
/// <param name="At">When it came, by the system's clock; null: not told.</param>
internal readonly record struct DatagramArrival(int Length, IpAddress From, int? TimeToLive, DateTimeOffset? At)
{
    /// <summary>
    /// Takes the next datagram from a socket; null: there is none. Errors of the socket count as none: they are those of a device that goes down or away. At once and on the caller's thread, not as
    /// <see cref="DatagramSocket"/> does it: before silence is told, all that has come has to be looked at.
    /// </summary>
    /// <param name="socket">The socket.</param>
    /// <param name="buffer">Where its bytes go.</param>
    public static unsafe DatagramArrival? Receive(SafeFileHandle socket, Span<byte> buffer)
    {
        Span<byte> name = stackalloc byte[SocketNames.MostBytes];
        Span<byte> control = stackalloc byte[ControlMessages.MostBytes];
        fixed (byte* names = name, controls = control, bytes = buffer)
        {
            var part = new NativeMethods.BufferPart { Start = bytes, Length = (nuint)buffer.Length };
            var message = new NativeMethods.Message { Name = names, NameLength = (uint)name.Length, Parts = &part, PartCount = 1, Control = controls, ControlLength = (nuint)control.Length };
            var length = NativeMethods.ReceiveMessage(socket, &message, NativeMethods.DontWait);
            if (length < 0 || !SocketNames.TryRead(name[..(int)Math.Min(message.NameLength, (uint)name.Length)], out var from, out _))
            {
                return null;
            }
            ControlMessages.Read(control[..(int)Math.Min(message.ControlLength, (nuint)control.Length)], out var at, out _, out var left);
            return new((int)length, from, left, at);
        }
    }
}
