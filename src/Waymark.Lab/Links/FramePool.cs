namespace Waymark.Lab.Links;

/// <summary>Buffers of frames in flight, used again and again: what the relay does not allocate, no garbage collection stops it for. For one thread.</summary>
internal sealed class FramePool
{
    /// <summary>A frame of the usual 1500 bytes with its header, and room; larger ones (loopback-sized MTUs) are allocated.</summary>
    private const int Usual = 2048;

    private readonly Stack<byte[]> free = new();

    /// <summary>A buffer of at least that length.</summary>
    public byte[] Rent(int length) => length > Usual ? new byte[length] : free.TryPop(out var buffer) ? buffer : new byte[Usual];

    /// <summary>Gives one back; it must not be used after.</summary>
    public void Return(byte[] buffer)
    {
        if (buffer.Length == Usual)
        {
            free.Push(buffer);
        }
    }
}
