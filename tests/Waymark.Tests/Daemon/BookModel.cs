namespace Waymark.Tests.Daemon;

/// <summary>What the books have to say, thought of as simply as can be: dictionaries in memory, looked through each time.</summary>
internal sealed class BookModel
{
    private readonly Dictionary<(string Owner, string Name), (string Text, DateTimeOffset At)> sets = [];
    private readonly Dictionary<(string Owner, string Name), string> held = [];
    private readonly Dictionary<string, List<(string Name, (string Text, DateTimeOffset At)? Before)>> history = [];
    private readonly List<Window> windows = [];

    public IReadOnlyList<string> InForce => [.. sets.Where(one => !held.ContainsKey(one.Key)).Select(one => (one.Key, one.Value.Text)).Concat(held.Select(one => (one.Key, one.Value)))
        .Select(one => $"{one.Key.Owner}/{one.Key.Name}: {one.Item2}").Order(StringComparer.Ordinal)];

    public DateTimeOffset? ConfirmByOf(string requester) => windows.Find(one => one.By == requester)?.Until;

    public bool Apply(string by, string name, string text, TimeSpan? within, DateTimeOffset now)
    {
        if (held.ContainsKey((by, name)))
        {
            return false;
        }
        if (Now(by, name)?.Text != text)
        {
            Change(by, by, name, (text, now), within, now);
        }
        return true;
    }

    public bool Withdraw(string by, string owner, string name, TimeSpan? within, DateTimeOffset now)
    {
        if (held.Remove((owner, name)))
        {
            return true;
        }
        if (!sets.ContainsKey((owner, name)))
        {
            return false;
        }
        Change(by, owner, name, null, within, now);
        return true;
    }

    public bool Undo(string by, TimeSpan? within, DateTimeOffset now)
    {
        if (history.GetValueOrDefault(by) is not [.., var last] mine)
        {
            return false;
        }
        Cover(by, by, last.Name, within, now);
        mine.RemoveAt(mine.Count - 1);
        Put(by, last.Name, last.Before);
        Uncover(by, last.Name);
        return true;
    }

    public bool Confirm(string by) => windows.RemoveAll(one => one.By == by && one.IsInKernel) > 0;

    /// <summary>The kernel has come to hold all that is there.</summary>
    public void Follow(DateTimeOffset now)
    {
        foreach (var window in windows)
        {
            window.IsInKernel = true;
            if (!window.IsCounted)
            {
                (window.IsCounted, window.Until) = (true, now + window.Length);
            }
        }
    }

    public bool Hold(string by, string name, string text)
    {
        if (sets.ContainsKey((by, name)) && !held.ContainsKey((by, name)))
        {
            return false;
        }
        held[(by, name)] = text;
        return true;
    }

    public void Lose(string by, string name) => held.Remove((by, name));

    public void Restart()
    {
        held.Clear();
        windows.ForEach(one => one.IsInKernel = false);
    }

    public void Pass(DateTimeOffset now)
    {
        foreach (var over in windows.Where(one => one.Until <= now).OrderBy(one => one.By, StringComparer.Ordinal).ToList())
        {
            windows.Remove(over);
            foreach (var (key, before) in over.Before.OrderBy(one => one.Key.Owner, StringComparer.Ordinal).ThenBy(one => one.Key.Name, StringComparer.Ordinal))
            {
                Remember(key.Owner, key.Name);
                Put(key.Owner, key.Name, before);
            }
        }
    }

    private void Change(string by, string owner, string name, (string, DateTimeOffset)? to, TimeSpan? within, DateTimeOffset now)
    {
        Cover(by, owner, name, within, now);
        Remember(owner, name);
        Put(owner, name, to);
        Uncover(owner, name);
    }

    private void Cover(string by, string owner, string name, TimeSpan? within, DateTimeOffset now)
    {
        var mine = windows.Find(one => one.By == by);
        if (within is { } time)
        {
            if (mine is null)
            {
                windows.Add(mine = new(by));
            }
            (mine.Until, mine.Length, mine.IsCounted) = (now + time, time, false);
        }
        var before = Now(owner, name);
        foreach (var window in windows.Where(one => one.Before.ContainsKey((owner, name))))
        {
            before = window.Before[(owner, name)];
            window.Before.Remove((owner, name));
        }
        if (mine is not null)
        {
            mine.Before[(owner, name)] = before;
            mine.IsInKernel = false;
        }
    }

    private void Uncover(string owner, string name)
    {
        foreach (var window in windows.Where(one => one.Before.TryGetValue((owner, name), out var before) && before == Now(owner, name)))
        {
            window.Before.Remove((owner, name));
        }
        windows.RemoveAll(one => one.Before.Count == 0);
    }

    private void Remember(string owner, string name)
    {
        if (!history.TryGetValue(owner, out var known))
        {
            history.Add(owner, known = []);
        }
        known.Add((name, Now(owner, name)));
        if (known.Count > 50)
        {
            known.RemoveAt(0);
        }
    }

    private (string Text, DateTimeOffset At)? Now(string owner, string name) => sets.TryGetValue((owner, name), out var set) ? set : null;

    private void Put(string owner, string name, (string, DateTimeOffset)? set)
    {
        sets.Remove((owner, name));
        if (set is { } there)
        {
            sets.Add((owner, name), there);
        }
    }

    private sealed class Window(string by)
    {
        public string By { get; } = by;

        public DateTimeOffset Until { get; set; }

        public TimeSpan Length { get; set; }

        /// <summary>Whether the time is counted from when the kernel had followed.</summary>
        public bool IsCounted { get; set; }

        /// <summary>Whether the kernel of this life has followed the last of its changes.</summary>
        public bool IsInKernel { get; set; }

        public Dictionary<(string Owner, string Name), (string Text, DateTimeOffset At)?> Before { get; } = [];
    }
}
