Console.Error.WriteLine("waymark: nothing to run yet");
return 70;
