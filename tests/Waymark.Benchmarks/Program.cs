Console.Error.WriteLine("bench: nothing to run yet");
return 70;
